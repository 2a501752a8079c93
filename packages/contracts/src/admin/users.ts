import { z } from 'zod'
import { jsonObject } from '../actor.ts'
import { fieldSources, fields, link, userState } from '../images.ts'
import { adminRoute, flag, include, listOf, none, ofInstance, page } from './route.ts'

export const userSummary = z.strictObject({
  id: z.uuid(),
  instanceId: z.uuid(),
  scimSyncId: z.string().nullable(),
  managed: z.boolean(),
  protected: z.boolean(),
  userName: z.string(),
  externalId: z.string().nullable(),
  state: userState,
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})

export const user = userSummary.extend({
  fields,
  fieldSources,
  directManager: z.strictObject({ userId: z.string().nullable(), pending: z.string().nullable() }),
  links: z.array(link),
  scimVersion: z.int().nonnegative(),
  fieldsVersion: z.int().nonnegative(),
  scim: jsonObject.optional(),
  groups: z.array(z.strictObject({ id: z.string(), displayName: z.string() })).optional(),
})

export const userRoutes = {
  listUsers: adminRoute({
    operationId: 'listUsers',
    method: 'GET',
    path: '/instances/{instanceId}/users',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject({
      ...page,
      q: z.string().min(1).max(200).optional(),
      userName: z.string().min(1).max(256).optional(),
      managed: flag.optional(),
      state: z.enum(['active', 'suspended']).optional(),
    }),
    body: null,
    answer: listOf(userSummary),
    exports: true,
    status: 200,
    errors: [],
    requirement: '7.1',
    summary: 'The users of an instance, native and managed; `q` is a prefix of the user name.',
  }),
  createUser: adminRoute({
    operationId: 'createUser',
    method: 'POST',
    path: '/instances/{instanceId}/users',
    owner: 'identity-service',
    kind: 'command',
    role: 'lite-admin',
    entity: 'minted',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({
      userName: z.string().min(1).max(256),
      fields: z.record(z.string(), z.string().max(4_000)).default({}),
    }),
    answer: user,
    status: 201,
    errors: ['user-name-taken', 'user-name-taken-elsewhere'],
    requirement: '3.1',
    summary: 'Creates a native user in the product.',
  }),
  readUser: adminRoute({
    operationId: 'readUser',
    method: 'GET',
    path: '/instances/{instanceId}/users/{userId}',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: { parameter: 'userId' },
    parameters: ofInstance.extend({ userId: z.uuid() }),
    query: z.strictObject({
      include: include(['scim', 'groups']),
    }),
    body: null,
    answer: user,
    status: 200,
    errors: [],
    requirement: '7.1',
    summary: 'One user with its fields, where they come from, its links and versions.',
  }),
} as const
