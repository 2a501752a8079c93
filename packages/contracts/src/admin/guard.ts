import { z } from 'zod'
import { startsJob } from './jobs.ts'
import { adminRoute, listOf, none, ofInstance, page } from './route.ts'

const heldChange = z.enum(['suspend', 'delete'])

/** The deprovision guard of an instance. */
const guard = z.strictObject({
  instanceId: z.uuid(),
  state: z.enum(['off', 'armed', 'tripped']),
  /** Suspensions and deletions that were carried out within the window, and from how many on further ones are held. */
  count: z.int().nonnegative(),
  limit: z.int().nonnegative(),
  windowMinutes: z.int().positive(),
  trippedAt: z.iso.datetime().nullable(),
  heldCount: z.int().nonnegative(),
  heldSuspensions: z.int().nonnegative(),
  heldDeletions: z.int().nonnegative(),
  /** Held changes that the IdP itself made void, since the trip. */
  superseded: z.int().nonnegative(),
  /** So many are held that the IdP may soon stop sending. */
  quarantineRisk: z.boolean(),
  /** What at least half of the held have in common. */
  common: z.array(
    z.strictObject({ what: z.enum(['change', 'department', 'group']), value: z.string(), count: z.int().positive() }),
  ),
})

const held = z.strictObject({
  userId: z.string(),
  userName: z.string(),
  change: heldChange,
  department: z.string().nullable(),
  heldAt: z.iso.datetime(),
  /** Of the IdP's request. */
  correlationId: z.string(),
})

/** Without members: all of them. */
const chosen = z.strictObject({
  userIds: z.array(z.uuid()).min(1).max(1_000).optional(),
  change: heldChange.optional(),
})

const ofGuard = { owner: 'identity-service', entity: 'instance', parameters: ofInstance, requirement: '3.5' } as const

export const guardRoutes = {
  readGuard: adminRoute({
    ...ofGuard,
    operationId: 'readGuard',
    method: 'GET',
    path: '/instances/{instanceId}/guard',
    kind: 'query',
    role: ['viewer', 'operator'],
    query: none,
    body: null,
    answer: guard,
    status: 200,
    errors: [],
    summary:
      'The deprovision guard: whether it is on or has tripped, what it counts, and what the held changes have in common.',
  }),
  listHeld: adminRoute({
    ...ofGuard,
    operationId: 'listHeld',
    method: 'GET',
    path: '/instances/{instanceId}/guard/held',
    kind: 'query',
    role: ['lite-admin', 'operator'],
    query: z.strictObject({ ...page, change: heldChange.optional() }),
    body: null,
    answer: listOf(held),
    status: 200,
    exports: true,
    errors: [],
    summary: 'The suspensions and deletions that the guard holds, the last one of each user.',
  }),
  releaseGuard: adminRoute({
    ...ofGuard,
    ...startsJob,
    operationId: 'releaseGuard',
    method: 'POST',
    path: '/instances/{instanceId}/guard/release',
    kind: 'command',
    role: ['admin', 'operator'],
    query: none,
    body: chosen,
    errors: ['job-already-running'],
    summary:
      'Carries held changes out: all, those of one kind, or of these users. All: the guard counts from nothing again.',
  }),
  rejectGuard: adminRoute({
    ...ofGuard,
    operationId: 'rejectGuard',
    method: 'POST',
    path: '/instances/{instanceId}/guard/reject',
    kind: 'command',
    role: ['admin', 'operator'],
    query: none,
    body: chosen,
    answer: guard,
    status: 200,
    errors: [],
    summary: 'Drops held changes. What the IdP sends again is held again, for as long as the window is full.',
  }),
} as const
