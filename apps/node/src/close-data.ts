import type { DataFolder } from '@quorate/runtime'
import { inTime } from './in-time.js'
import type { NodeLogger } from './node-handle.js'
import type { OpenState } from './open-state.js'

interface Data {
  readonly state: OpenState | undefined
  readonly folder: DataFolder
  readonly logger: NodeLogger
}

/**
 * Closes a node's state and its data folder, and waits for that until `deadlineMs`. A disk that hangs holds them until the process ends:
 * nobody else may have them before.
 */
export async function closeData(data: Data, deadlineMs: number): Promise<void> {
  if (await inTime(close(data), Math.max(performance.now() + 100, deadlineMs))) return
  data.logger.error({}, 'the disk hangs: the data folder stays locked until this process ends')
}

async function close({ state, folder, logger }: Data): Promise<void> {
  try {
    await state?.close()
  } catch (error) {
    // The log has what the state lacks: the next life applies it again.
    logger.error({ error: String(error) }, 'the state could not be written to its end')
  }
  await folder.close()
}
