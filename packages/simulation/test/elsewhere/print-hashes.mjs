// Runs the workload with the built packages and prints its hashes.
import * as core from '../../../core/dist/index.js'
import * as simulation from '../../dist/index.js'
import { hashes } from './workload.mjs'

console.log(hashes(core, simulation).join('\n'))
