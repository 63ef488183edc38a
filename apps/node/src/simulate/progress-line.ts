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
const barWidth = 24
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
    const full = Math.round(barWidth * Math.min(1, part))
    const bar = '█'.repeat(full) + '░'.repeat(barWidth - full)
    const left = part > 0.02 && part < 1 ? `, ${formatDuration((elapsedMs * (1 - part)) / part)} left` : ''
    // A line that is wider than the terminal would wrap, and stay.
    return `${bar} ${says}${left}`.slice(0, (this.#terminal.columns || 80) - 1)
  }
}
