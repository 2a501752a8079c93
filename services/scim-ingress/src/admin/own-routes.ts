import { adminRoute, none } from '@user-provisioning/contracts/admin/route'
import { type ErrorRecord, errors } from '@user-provisioning/contracts/errors'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }

const ownQuery = {
  method: 'GET',
  owner: 'scim-ingress',
  kind: 'query',
  role: 'anybody',
  entity: 'instance',
  parameters: none,
  query: none,
  body: null,
  status: 200,
  errors: [],
} as const

/** The routes that the ingress answers itself. */
export const ownRoutes = {
  listErrors: adminRoute({
    ...ownQuery,
    operationId: 'listErrors',
    path: '/errors',
    answer: z.strictObject({
      items: z.array(
        z.strictObject({
          code: z.string(),
          status: z.int().nullable(),
          scimType: z.string().nullable(),
          title: z.string(),
          sentence: z.string(),
          advice: z.string(),
          retryable: z.boolean(),
        }),
      ),
    }),
    requirement: '7.2',
    summary: 'Every error code with its sentence and what to do about it.',
  }),
  readVersion: adminRoute({
    ...ownQuery,
    operationId: 'readVersion',
    path: '/version',
    answer: z.strictObject({ services: z.record(z.string(), z.string()) }),
    requirement: '7.2',
    summary: 'The versions of the services.',
  }),
} as const

type OwnAnswer<Operation extends keyof typeof ownRoutes> = z.infer<(typeof ownRoutes)[Operation]['answer']>

export const ownAnswers: { readonly [O in keyof typeof ownRoutes]: () => OwnAnswer<O> } = {
  listErrors: () => ({
    items: Object.entries(errors).map(([code, record]: [string, ErrorRecord]) => ({
      code,
      status: record.status,
      scimType: record.scimType ?? null,
      title: record.title,
      sentence: record.sentence,
      advice: record.advice,
      retryable: record.retryable,
    })),
  }),
  readVersion: () => ({ services: { 'scim-ingress': manifest.version } }),
}
