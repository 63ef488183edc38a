import { conform } from './conform.js'

conform(2000)
