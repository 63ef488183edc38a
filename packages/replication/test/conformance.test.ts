import { conform } from './conform.js'

conform(100)
