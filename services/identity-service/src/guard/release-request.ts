import type { Actor } from '@user-provisioning/contracts/actor'

/** What the release of a guard asks of the service itself: one held change carried out, or the counting begun anew. */
export interface ReleaseHeld {
  readonly type: 'ReleaseHeld'
  readonly requestId: string
  readonly instanceId: string
  readonly userId: string
  readonly actor: Actor
}

export interface RearmGuard {
  readonly type: 'RearmGuard'
  readonly requestId: string
  readonly instanceId: string
  readonly actor: Actor
}
