import { z } from 'zod'
import { startsJob } from './jobs.ts'
import { adminRoute, none, ofInstance } from './route.ts'

export const announcingRoutes = {
  announceAgain: adminRoute({
    ...startsJob,
    operationId: 'announceAgain',
    method: 'POST',
    path: '/instances/{instanceId}/announce-again',
    owner: 'identity-service',
    kind: 'command',
    role: 'operator',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({ perSecond: z.int().min(1).max(100_000).optional() }),
    errors: ['job-already-running'],
    requirement: '8.1',
    summary:
      'Announces all users and groups of the instance on `identity.facts` again, marked `repeated`: for a new reader, or one to repair. A job.',
  }),
} as const
