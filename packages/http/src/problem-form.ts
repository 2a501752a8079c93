import { describeFault, type ErrorRecord, errors } from '@user-provisioning/contracts/errors'
import type { AnswerForm } from './answer-form.ts'

/** A problem of the admin API (RFC 9457), with its members of our own. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Where the request is explained; only where its instance is known. */
  readonly instance?: string
  readonly code: string
  readonly correlationId: string
  readonly instanceId: string | null
  readonly retryable: boolean
  readonly errors?: readonly object[]
}

/** The form of the admin API: application/json, and application/problem+json (RFC 9457) for errors. */
export const problemForm: AnswerForm = {
  name: 'problem',
  mediaType: 'application/json',
  errorMediaType: 'application/problem+json',
  bodyMediaTypes: ['application/json', 'application/merge-patch+json'],
  refusesDuplicates: true,
  presentFault(fault, status, { correlationId, instanceId }): Problem {
    const record: ErrorRecord = errors[fault.code]
    const { title, detail, advice } = describeFault(fault)
    return {
      type: `/docs/errors/${fault.code}`,
      title,
      status,
      detail: `${detail} ${advice}`,
      ...(instanceId === undefined
        ? {}
        : { instance: `/admin/v1/instances/${encodeURIComponent(instanceId)}/explain/${correlationId}` }),
      code: fault.code,
      correlationId,
      instanceId: instanceId ?? null,
      retryable: record.retryable,
      ...(fault.items.length === 0 ? {} : { errors: fault.items }),
      ...fault.members,
    }
  },
}
