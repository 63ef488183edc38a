import type { ChaosResult } from '../chaos-run.js'
export function reportPage(_: ChaosResult): string {
  return ''
}
