import type { Actor } from '@user-provisioning/contracts/actor'

/** One row of a rename or an import: what a job asks of a native user, as the service asks it of itself. */
export interface ChangeNativeUser {
  readonly type: 'ChangeNativeUser'
  readonly requestId: string
  readonly instanceId: string
  readonly userId: string
  readonly actor: Actor
  readonly userName?: string
  /** '' clears a field; what is absent stays. */
  readonly fields?: Readonly<Record<string, string>>
  readonly dryRun?: boolean
}
