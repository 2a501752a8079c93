import { z } from 'zod'
import { actor } from '../actor.ts'
import { adminRoute, listOf, none, page } from './route.ts'

export const instance = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  label: z.enum(['production', 'sandbox', 'test']),
  state: z.enum(['active', 'suspended', 'deleting']),
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  createdBy: actor,
  changedAt: z.iso.datetime(),
  changedBy: actor,
  /** Added by the ingress, which alone knows its own address. */
  tenantUrl: z.string().optional(),
})

export const instanceRoutes = {
  listInstances: adminRoute({
    operationId: 'listInstances',
    method: 'GET',
    path: '/instances',
    owner: 'identity-service',
    kind: 'query',
    role: 'anybody',
    entity: 'instance',
    parameters: none,
    query: z.strictObject({ ...page }),
    body: null,
    answer: listOf(instance),
    status: 200,
    errors: [],
    requirement: '1.6',
    summary: 'The instances that the caller has a role on.',
  }),
  createInstance: adminRoute({
    operationId: 'createInstance',
    method: 'POST',
    path: '/instances',
    owner: 'identity-service',
    kind: 'command',
    role: 'operator-of-all',
    entity: 'minted',
    parameters: none,
    query: none,
    body: z.strictObject({
      name: z.string().trim().min(1).max(200),
      label: z.enum(['production', 'sandbox', 'test']).default('production'),
    }),
    answer: instance,
    status: 201,
    errors: ['name-taken'],
    requirement: '1.6',
    summary: 'Creates an instance: one installation of the product, to be wired to one IdP application.',
  }),
  readInstance: adminRoute({
    operationId: 'readInstance',
    method: 'GET',
    path: '/instances/{instanceId}',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: z.strictObject({ instanceId: z.uuid() }),
    query: none,
    body: null,
    answer: instance,
    status: 200,
    errors: [],
    requirement: '1.1',
    summary: 'One instance with its Tenant URL.',
  }),
} as const
