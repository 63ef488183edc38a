import { conform } from './conform.js'

conform(200)
