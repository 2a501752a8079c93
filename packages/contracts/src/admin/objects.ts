import { z } from 'zod'
import { adminRoute, listOf, none, ofInstance, page } from './route.ts'

export const object = z.strictObject({
  id: z.uuid(),
  instanceId: z.uuid(),
  type: z.string(),
  name: z.string(),
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})

export const objectRoutes = {
  listObjects: adminRoute({
    operationId: 'listObjects',
    method: 'GET',
    path: '/instances/{instanceId}/objects',
    owner: 'workflow-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject({
      ...page,
      type: z.literal('job-title').optional(),
      name: z.string().min(1).max(256).optional(),
    }),
    body: null,
    answer: listOf(object),
    status: 200,
    errors: [],
    requirement: '5.1',
    summary: 'The objects that workflow rules link users to.',
  }),
  createObject: adminRoute({
    operationId: 'createObject',
    method: 'POST',
    path: '/instances/{instanceId}/objects',
    owner: 'workflow-service',
    kind: 'command',
    role: 'lite-admin',
    entity: 'minted',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({ type: z.literal('job-title'), name: z.string().trim().min(1).max(256) }),
    answer: object,
    status: 201,
    errors: ['name-taken'],
    requirement: '5.2',
    summary: 'Creates an object, for example a job title.',
  }),
} as const
