import { z } from 'zod'
import { importsRows } from './imports.ts'
import { adminRoute, flag, listOf, none, ofInstance, page } from './route.ts'

const objectType = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower case words joined by hyphens')
  .max(64)
const objectName = z.string().trim().min(1).max(256)
const code = z.string().trim().min(1).max(64)

export const object = z.strictObject({
  id: z.uuid(),
  instanceId: z.uuid(),
  type: z.string(),
  name: z.string(),
  code: z.string().nullable(),
  /** Other names that mean this object: those it had, and those of objects merged into it. */
  aliases: z.array(z.string()),
  /** Users whom rules link to it. */
  linkedUsers: z.int().nonnegative(),
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})

export const objectTypeImage = z.strictObject({
  name: z.string(),
  instanceId: z.uuid(),
  label: z.string(),
  /** `standard` types are everywhere; `custom` ones are declared by the instance. */
  kind: z.enum(['standard', 'custom']),
  /** Whose objects they are: kept here, or the product's own groups. */
  objects: z.enum(['kept', 'groups']),
  version: z.int().positive(),
})

const onObject = {
  owner: 'workflow-service',
  kind: 'command',
  role: 'lite-admin',
  entity: { parameter: 'objectId' },
  parameters: ofInstance.extend({ objectId: z.uuid() }),
  query: none,
  requirement: '5.1',
} as const

const onObjectType = {
  path: '/instances/{instanceId}/object-types/{objectType}',
  owner: 'workflow-service',
  kind: 'command',
  role: 'admin',
  entity: 'instance',
  parameters: ofInstance.extend({ objectType }),
  query: none,
  requirement: '5.2',
} as const

const mostAliases = 100

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
      type: objectType.optional(),
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
    body: z.strictObject({ type: objectType, name: objectName, code: code.nullable().default(null) }),
    answer: object,
    status: 201,
    errors: ['name-taken'],
    requirement: '5.2',
    summary: 'Creates an object, for example a job title.',
  }),
  importObjects: adminRoute({
    ...importsRows,
    operationId: 'importObjects',
    path: '/instances/{instanceId}/objects/import',
    owner: 'workflow-service',
    summary: 'Creates objects from a file: rows as in createObject. Bad rows stop nobody else, and are listed.',
  }),
  readObject: adminRoute({
    ...onObject,
    operationId: 'readObject',
    method: 'GET',
    path: '/instances/{instanceId}/objects/{objectId}',
    kind: 'query',
    role: 'viewer',
    body: null,
    answer: object,
    status: 200,
    errors: [],
    summary: 'One object, with the number of users linked to it.',
  }),
  changeObject: adminRoute({
    ...onObject,
    operationId: 'changeObject',
    method: 'PATCH',
    path: '/instances/{instanceId}/objects/{objectId}',
    body: z.strictObject({
      name: objectName.optional(),
      code: code.nullable().optional(),
      aliases: z.array(objectName).max(mostAliases).optional(),
    }),
    answer: object,
    status: 200,
    errors: ['name-taken'],
    summary: 'Renames an object: links follow, and its old name still means it unless `aliases` says otherwise.',
  }),
  deleteObject: adminRoute({
    ...onObject,
    operationId: 'deleteObject',
    method: 'DELETE',
    path: '/instances/{instanceId}/objects/{objectId}',
    query: z.strictObject({
      /** Deletes it though users are linked to it: their links go, and their rules look for another object. */
      unlink: flag.optional(),
    }),
    body: null,
    answer: none,
    status: 204,
    errors: ['in-use'],
    summary: 'Deletes an object. One that users are linked to needs `unlink=true`.',
  }),
  mergeObjects: adminRoute({
    ...onObject,
    operationId: 'mergeObjects',
    dryRun: true,
    method: 'POST',
    path: '/instances/{instanceId}/objects/{objectId}/merge',
    body: z.strictObject({ from: z.array(z.uuid()).min(1).max(50) }),
    answer: object,
    status: 200,
    errors: [],
    summary: 'Merges others into this object: their links move to it, and their names mean it from now on.',
  }),
  listObjectTypes: adminRoute({
    operationId: 'listObjectTypes',
    method: 'GET',
    path: '/instances/{instanceId}/object-types',
    owner: 'workflow-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: null,
    answer: listOf(objectTypeImage),
    status: 200,
    errors: [],
    requirement: '5.2',
    summary: 'The types of objects: the standard ones and those that the instance declares.',
  }),
  createObjectType: adminRoute({
    operationId: 'createObjectType',
    method: 'POST',
    path: '/instances/{instanceId}/object-types',
    owner: 'workflow-service',
    kind: 'command',
    role: 'admin',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({ name: objectType, label: objectName }),
    answer: objectTypeImage,
    status: 201,
    errors: ['name-taken'],
    requirement: '5.2',
    summary: 'Declares a type of objects.',
  }),
  changeObjectType: adminRoute({
    ...onObjectType,
    operationId: 'changeObjectType',
    method: 'PATCH',
    body: z.strictObject({ label: objectName }),
    answer: objectTypeImage,
    status: 200,
    errors: ['state-conflict'],
    summary: 'Changes how a declared type is called.',
  }),
  deleteObjectType: adminRoute({
    ...onObjectType,
    operationId: 'deleteObjectType',
    method: 'DELETE',
    body: null,
    answer: none,
    status: 204,
    errors: ['in-use', 'state-conflict'],
    summary: 'Removes a declared type that has no objects and that no rule links to.',
  }),
} as const
