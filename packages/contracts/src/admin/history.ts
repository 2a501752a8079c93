import { z } from 'zod'
import { actor, cause, json, warning } from '../actor.ts'
import { adminRoute, listOf, ofInstance, page } from './route.ts'

/** What both lists can be asked for: a person (user name or id) and a half-open range of time. */
const filters = {
  ...page,
  person: z.string().min(1).max(256).optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
}

export const logEntry = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  instanceId: z.uuid(),
  key: z.strictObject({ id: z.string() }).nullable(),
  clientProfile: z.string(),
  method: z.string(),
  resource: z.string(),
  target: z.strictObject({ id: z.string().nullable(), name: z.string().nullable() }),
  outcome: z.enum(['success', 'refused', 'failed']),
  status: z.int(),
  scimType: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  /** Null where the ingress was lost between its answer and its entry. */
  durationMs: z.number().nullable(),
  correlationId: z.string(),
  idpRequestId: z.string().nullable(),
  /** The id of the native one that the request would have picked up, where the instance only reports it. */
  wouldPickUp: z.string().nullable(),
  /** What did not go as asked in what the request led to: a mapping row that failed, a manager who is not here yet. */
  warnings: z.array(warning),
})

export const historyEntry = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  instanceId: z.uuid(),
  subject: z.strictObject({ type: z.string(), id: z.string(), name: z.string().nullable() }),
  kind: z.string(),
  path: z.string(),
  old: json,
  new: json,
  actor,
  cause,
  correlationId: z.string(),
})

export const historyRoutes = {
  readProvisioningLog: adminRoute({
    operationId: 'readProvisioningLog',
    method: 'GET',
    path: '/instances/{instanceId}/provisioning-log',
    owner: 'audit-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject(filters),
    body: null,
    answer: listOf(logEntry),
    status: 200,
    errors: [],
    requirement: '6.1',
    summary: 'What the IdP asked and what it was answered, newest first.',
  }),
  readChangeHistory: adminRoute({
    operationId: 'readChangeHistory',
    method: 'GET',
    path: '/instances/{instanceId}/change-history',
    owner: 'audit-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject(filters),
    body: null,
    answer: listOf(historyEntry),
    status: 200,
    errors: [],
    requirement: '6.1',
    summary: 'Which value of whom went from what to what, by whom and why, newest first.',
  }),
} as const
