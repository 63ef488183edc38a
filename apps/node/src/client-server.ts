/** What serves a node's clients. */
export interface ClientServer {
  readonly urls: readonly string[]
  /** Takes nothing new; requests under way have until `timeoutMs` to end. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
}
