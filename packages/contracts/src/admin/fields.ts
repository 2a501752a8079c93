import { z } from 'zod'
import { fieldTypes } from '../fields.ts'
import { adminRoute, none, ofInstance } from './route.ts'

/** A field of the product's User entity, and whether a mapping may write it. */
export const field = z.strictObject({
  name: z.string(),
  label: z.string(),
  kind: z.enum(['standard', 'custom']),
  type: z.string(),
  mappable: z.boolean(),
  /** Why it is not mappable; null where it is. */
  notMappable: z.string().nullable(),
  /** The mapping row that writes it; null where none does. */
  mappedBy: z.string().nullable(),
})

const label = z.string().trim().min(1).max(100)
const ofField = ofInstance.extend({ name: z.string().min(1).max(64) })
const onField = {
  owner: 'identity-service',
  kind: 'command',
  role: 'admin',
  entity: 'instance',
  query: none,
  requirement: '4.2',
} as const

export const fieldRoutes = {
  listFields: adminRoute({
    operationId: 'listFields',
    method: 'GET',
    path: '/instances/{instanceId}/fields',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: none,
    body: null,
    answer: z.strictObject({ items: z.array(field), next: z.null(), asOf: z.iso.datetime() }),
    status: 200,
    errors: [],
    requirement: '4.2',
    summary: 'The fields of a user, standard and custom; which of them a mapping may write, and which row does.',
  }),
  createCustomField: adminRoute({
    ...onField,
    operationId: 'createCustomField',
    method: 'POST',
    path: '/instances/{instanceId}/custom-fields',
    parameters: ofInstance,
    body: z.strictObject({
      name: z
        .string()
        .regex(/^[a-z][A-Za-z0-9]*$/, 'a name begins with a small letter and has letters and digits')
        .max(64),
      label,
      type: z.enum(fieldTypes).default('text'),
    }),
    answer: field,
    status: 201,
    errors: ['name-taken', 'state-conflict'],
    summary: 'Declares a custom field. A mapping may write it if it is a text.',
  }),
  changeCustomField: adminRoute({
    ...onField,
    operationId: 'changeCustomField',
    method: 'PATCH',
    path: '/instances/{instanceId}/custom-fields/{name}',
    parameters: ofField,
    body: z.strictObject({ label }),
    answer: field,
    status: 200,
    errors: ['not-found'],
    summary: 'Renames a custom field for those who see it; its name and type stay.',
  }),
  deleteCustomField: adminRoute({
    ...onField,
    operationId: 'deleteCustomField',
    method: 'DELETE',
    path: '/instances/{instanceId}/custom-fields/{name}',
    parameters: ofField,
    body: null,
    answer: none,
    status: 204,
    errors: ['not-found', 'in-use'],
    summary: 'Removes a custom field that no mapping writes. Values that users have in it stay in the history.',
  }),
} as const
