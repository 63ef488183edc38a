/** The integer that a flag's text is. Text that is none stays text: the option's own check then refuses it as it was written. */
export function decimal(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text
}
