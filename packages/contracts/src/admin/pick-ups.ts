import { z } from 'zod'
import { actor } from '../actor.ts'
import { groupSummary, ofGroup } from './groups.ts'
import { takesFile } from './imports.ts'
import { startsJob } from './jobs.ts'
import { adminRoute, listOf, none, ofInstance, page } from './route.ts'

const pickUp = z.strictObject({
  /** Of the user or group. */
  id: z.uuid(),
  type: z.enum(['user', 'group']),
  /** As it was at the time. */
  name: z.string(),
  pickedUpAt: z.iso.datetime(),
  pickedUpBy: actor,
  correlationId: z.string(),
  undoneAt: z.iso.datetime().nullable(),
  undoneBy: actor.nullable(),
})

/** One name that an IdP is about to bring: a row of the list. */
export const pickUpReportItem = z.strictObject({
  type: z.enum(['user', 'group']).default('user'),
  name: z.string().min(1).max(256),
})

/** What would become of one coming name: a row of the job's result. */
const pickUpReportRow = z.strictObject({
  line: z.int().positive(),
  type: z.enum(['user', 'group']),
  name: z.string(),
  outcome: z.enum(['picked-up', 'created', 'clash-here', 'clash-elsewhere', 'near-match', 'protected']),
  /** The account that it meets or comes near; null: none, or one of another instance. */
  accountId: z.string().nullable(),
  accountName: z.string().nullable(),
  differsIn: z.enum(['case', 'whitespace', 'domain']).nullable(),
  reason: z.string().nullable(),
  /** Null: not counted, since a list of names has no attributes to map. */
  changedFields: z.int().nonnegative().nullable(),
})
export type PickUpReportRow = z.infer<typeof pickUpReportRow>

export const pickUpRoutes = {
  reportPickUps: adminRoute({
    ...takesFile,
    operationId: 'reportPickUps',
    path: '/instances/{instanceId}/pick-up-reports',
    owner: 'identity-service',
    query: none,
    summary:
      'Says of a list of coming names who would be picked up, be created, or clash: rows of the result of a job.',
  }),
  undoPickUps: adminRoute({
    operationId: 'undoPickUps',
    method: 'POST',
    path: '/instances/{instanceId}/pick-ups/undo',
    owner: 'identity-service',
    kind: 'command',
    role: 'admin',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }),
    ...startsJob,
    dryRun: true,
    errors: ['job-already-running'],
    requirement: '3.1',
    summary: 'Undoes the pick-ups from one time to another.',
  }),
  listPickUps: adminRoute({
    operationId: 'listPickUps',
    method: 'GET',
    path: '/instances/{instanceId}/pick-ups',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject({ ...page, from: z.iso.datetime().optional(), to: z.iso.datetime().optional() }),
    body: null,
    answer: listOf(pickUp),
    exports: true,
    status: 200,
    errors: [],
    requirement: '3.1',
    summary: 'The native users and groups that the IdP picked up, and whose pick-up was undone.',
  }),
  undoGroupPickUp: adminRoute({
    ...ofGroup,
    operationId: 'undoGroupPickUp',
    method: 'POST',
    path: '/instances/{instanceId}/groups/{groupId}/undo-pick-up',
    role: 'admin',
    body: null,
    answer: groupSummary,
    status: 200,
    ifMatch: 'honoured',
    errors: ['state-conflict'],
    requirement: '3.1',
    summary: 'Makes a picked-up group native again, with its members. The IdP does not see it any more.',
  }),
} as const
