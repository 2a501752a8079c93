import type { Fault } from '@user-provisioning/contracts/errors'

/** What a fault is told with, beside itself. */
export interface FaultCircumstances {
  readonly correlationId: string
  readonly instanceId: string | undefined
}

/** How an API words its bodies: SCIM's messages or the admin API's. */
export interface AnswerForm {
  readonly name: 'scim' | 'problem'
  /** Content-Type of answers. */
  readonly mediaType: string
  /** Content-Type of errors. */
  readonly errorMediaType: string
  /** Media types that a request's body may have. */
  readonly bodyMediaTypes: readonly string[]
  /** Whether a body that names a member twice is refused. Where it is not, the last one counts. */
  readonly refusesDuplicates: boolean
  presentFault(fault: Fault, status: number, circumstances: FaultCircumstances): object
}
