/** What the service asks of itself at its start: the first administrator's token, by its hash. */
export interface BootstrapAccess {
  readonly type: 'BootstrapAccess'
  readonly requestId: string
  /** SHA-256 of the token, hex. */
  readonly hash: string
}
