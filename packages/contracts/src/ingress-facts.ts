import { z } from 'zod'

/** One request of an IdP and its answer. `instanceId` is null where the token did not say one that could be trusted. */
export const requestAnswered = z.strictObject({
  type: z.literal('RequestAnswered'),
  /** The request's id, which is its correlation id. */
  id: z.string(),
  at: z.iso.datetime(),
  instanceId: z.string().nullable(),
  apiKeyId: z.string().nullable(),
  /** Which IdP's dialect it looks like, from its headers: `entra`, `okta` ... or `generic`. */
  clientProfile: z.string(),
  method: z.string(),
  /** `Users`, `Groups`, `ServiceProviderConfig` ... */
  resource: z.string(),
  target: z.strictObject({ id: z.string().nullable(), name: z.string().nullable() }),
  outcome: z.enum(['success', 'refused', 'failed']),
  status: z.int(),
  scimType: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  durationMs: z.number().nonnegative(),
  idpRequestId: z.string().nullable(),
  /** Attributes of a known schema that it does not have: dropped, and counted among the attributes seen. */
  droppedAttributes: z.array(z.string()),
  /** What it has that is not as the RFCs have it and was understood: `op-name-case`, `string-boolean` ... */
  quirks: z.array(z.string()).optional(),
  /** In report-only mode: the id of the native one that this request would have picked up. */
  wouldPickUp: z.string().optional(),
})

export const ingressFact = z.discriminatedUnion('type', [requestAnswered])
export type RequestAnswered = z.infer<typeof requestAnswered>
export type IngressFact = z.infer<typeof ingressFact>
