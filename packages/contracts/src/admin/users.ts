import { z } from 'zod'
import { jsonObject } from '../actor.ts'
import { maxFieldLength } from '../fields.ts'
import { fieldSources, fields, link, userState } from '../images.ts'
import { importsRows } from './imports.ts'
import { startsJob } from './jobs.ts'
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

const onUser = {
  owner: 'identity-service',
  kind: 'command',
  role: 'lite-admin',
  entity: { parameter: 'userId' },
  parameters: ofInstance.extend({ userId: z.uuid() }),
  query: none,
  answer: user,
  status: 200,
  ifMatch: 'honoured',
  requirement: '3.1',
} as const

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
      fields: z.record(z.string(), z.string().max(maxFieldLength)).default({}),
    }),
    answer: user,
    status: 201,
    errors: ['user-name-taken', 'user-name-taken-elsewhere'],
    requirement: '3.1',
    summary: 'Creates a native user in the product.',
  }),
  importUsers: adminRoute({
    ...importsRows,
    operationId: 'importUsers',
    path: '/instances/{instanceId}/users/import',
    owner: 'identity-service',
    summary: 'Creates native users from a file: rows as in createUser. Bad rows stop nobody else, and are listed.',
  }),
  renameUsers: adminRoute({
    operationId: 'renameUsers',
    method: 'POST',
    path: '/instances/{instanceId}/users/rename',
    owner: 'identity-service',
    kind: 'command',
    role: 'admin',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: z
      .strictObject({
        renames: z
          .array(z.strictObject({ from: z.string().min(1).max(256), to: z.string().min(1).max(256) }))
          .min(1)
          .max(5_000)
          .optional(),
        pattern: z.strictObject({ suffix: z.string().min(1).max(256), by: z.string().max(256) }).optional(),
      })
      .refine(({ renames, pattern }) => (renames === undefined) !== (pattern === undefined), {
        error: 'either a list of renames, or a pattern: the end of a user name and what takes its place',
      }),
    ...startsJob,
    dryRun: true,
    errors: ['job-already-running'],
    requirement: '3.1',
    summary: "Renames native users, to the IdP's format; a dry run lists every new name and every clash.",
  }),
  changeUser: adminRoute({
    ...onUser,
    operationId: 'changeUser',
    method: 'PATCH',
    path: '/instances/{instanceId}/users/{userId}',
    body: z.strictObject({
      userName: z.string().min(1).max(256).optional(),
      /** Null clears a field; what is absent stays (RFC 7396). */
      fields: z.record(z.string(), z.string().max(maxFieldLength).nullable()).default({}),
    }),
    errors: ['managed-by-idp', 'user-name-taken', 'user-name-taken-elsewhere'],
    summary: 'Changes the name and fields of a native user; of a managed one what its mapping leaves to the product.',
  }),
  suspendUser: adminRoute({
    ...onUser,
    operationId: 'suspendUser',
    method: 'POST',
    path: '/instances/{instanceId}/users/{userId}/suspend',
    body: null,
    errors: ['managed-by-idp', 'state-conflict'],
    summary: 'Suspends a native user, who keeps everything.',
  }),
  reactivateUser: adminRoute({
    ...onUser,
    operationId: 'reactivateUser',
    method: 'POST',
    path: '/instances/{instanceId}/users/{userId}/reactivate',
    body: null,
    errors: ['managed-by-idp', 'state-conflict'],
    summary: 'Makes a suspended native user active again.',
  }),
  deleteNativeUser: adminRoute({
    ...onUser,
    operationId: 'deleteNativeUser',
    method: 'DELETE',
    path: '/instances/{instanceId}/users/{userId}',
    body: null,
    answer: none,
    status: 204,
    errors: ['managed-by-idp', 'state-conflict'],
    summary: 'Deletes a native user: its name is free, its history stays.',
  }),
  undoUserPickUp: adminRoute({
    ...onUser,
    operationId: 'undoUserPickUp',
    method: 'POST',
    path: '/instances/{instanceId}/users/{userId}/undo-pick-up',
    role: 'admin',
    body: null,
    dryRun: true,
    errors: ['state-conflict'],
    summary: 'Makes a picked-up user native again, as it is now. The IdP does not see it any more.',
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
