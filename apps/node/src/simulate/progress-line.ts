import type { Terminal } from '../demo/live-view.js'
import { formatDuration } from '../run/duration.js'

/** How far something is that takes a while. */
export interface Progress {
  /** From 0 to 1. */
  readonly part: number
  readonly elapsedMs: number
  readonly says: string
}

const refreshMs = 150
/** How wide the bar is: less where the line says much. */
const [leastBar, mostBar] = [6, 24]
const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'

/** One line of a terminal that is drawn again and again: a bar, and what is to be said beside it. */
export class ProgressLine {
  readonly #terminal: Terminal
  readonly #timer: NodeJS.Timeout

  constructor(terminal: Terminal, progress: () => Progress) {
    this.#terminal = terminal
    // However this process ends, the cursor must come back.
    process.on('exit', this.#clear)
    terminal.write(hideCursor)
    this.#timer = setInterval(() => terminal.write(`\r${this.#line(progress())}\u001B[K`), refreshMs)
  }

  /** Leaves the line empty. */
  end(): void {
    clearInterval(this.#timer)
    this.#clear()
    process.off('exit', this.#clear)
  }

  readonly #clear = (): void => {
    this.#terminal.write(`\r\u001B[K${showCursor}`)
  }

  #line({ part, elapsedMs, says }: Progress): string {
    const left = part > 0.02 && part < 1 ? `, ${formatDuration((elapsedMs * (1 - part)) / part)} left` : ''
    const text = `${says}${left}`
    const columns = (this.#terminal.columns || 80) - 1
    const width = Math.min(mostBar, Math.max(leastBar, columns - 1 - text.length))
    const full = Math.round(width * Math.min(1, part))
    // A line that is wider than the terminal would wrap, and stay.
    return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`.slice(0, columns)
  }
}
