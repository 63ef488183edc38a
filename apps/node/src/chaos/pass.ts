import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for so long. Rejects with the signal's reason when it aborts. */
export async function pass(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(0, ms), undefined, { signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}
