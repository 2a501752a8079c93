import type { Middleware, RequestContext, RequestState } from '@user-provisioning/http/request-context'
import type { LogNotes } from '../log/request-log.ts'
import type { Call } from './identity.ts'

/** What the SCIM listener's middlewares hand on, from arrival to the answer. */
export interface ScimState extends RequestState {
  notes: LogNotes
  /** The instance that the URL names; undefined: the API key's own. */
  namedInstance: string | undefined
  /** Of the caller's instance, without a slash at its end. */
  tenantUrl: string
  call: Call
  /**
   * Gives back the turn of a request that is done in parts, and gives what does a part in a turn of its own.
   * @throws Fault rate-limited from a part that waited too long
   */
  inParts(): InTurn
}

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

export type ScimContext = RequestContext<ScimState>
export type ScimMiddleware = Middleware<ScimState>
/** Answers a request about one resource, or about all of them (then without an id). */
export type ScimHandler = (ctx: ScimContext, id: string) => Promise<void> | void
