import { coloured, plain, type Paint } from '../status/table.js'

/** Colours where standard output is a terminal that has them and nobody asked for none. */
export function stdoutPaint(): Paint {
  const { stdout } = process
  return stdout.isTTY && stdout.hasColors() && !process.env['NO_COLOR'] ? coloured : plain
}
