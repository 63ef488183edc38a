#!/usr/bin/env node
import { constants } from 'node:os'
import { main } from '../dist/cli.js'

// Whoever reads the output has read enough. Node ignores the signal that would end other programs then.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(128 + constants.signals.SIGPIPE)
})

process.exitCode = await main(process.argv.slice(2))
