import { describeFault, type ErrorRecord, errors } from '@user-provisioning/contracts/errors'
import { presentScimError } from '@user-provisioning/scim/errors'
import type { AnswerForm } from './answer-form.ts'

/**
 * The form of the SCIM endpoints: RFC 7644 section 3.12 with its four members only, since strict client libraries refuse more.
 * `detail` ends in code and correlation id: an IdP shows nothing else.
 */
export const scimForm: AnswerForm = {
  name: 'scim',
  mediaType: 'application/scim+json',
  errorMediaType: 'application/scim+json',
  bodyMediaTypes: ['application/scim+json', 'application/json'],
  refusesDuplicates: false,
  presentFault(fault, status, { correlationId }) {
    const record: ErrorRecord = errors[fault.code]
    const { detail, advice } = describeFault(fault)
    return presentScimError({
      status,
      scimType: record.scimType,
      detail: `${detail} ${advice} [${fault.code} ${correlationId}]`,
    })
  },
}
