import { z } from 'zod'
import { perSecond, startsJob } from './jobs.ts'
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
    body: z.strictObject({ perSecond: perSecond.optional() }),
    errors: ['job-already-running'],
    requirement: '8.1',
    summary:
      'Announces all users and groups of the instance on `identity.facts` again, marked `repeated`: for a new reader, or one to repair. A job.',
  }),
} as const
