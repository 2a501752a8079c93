import { z } from 'zod'
import { adminRoute, listOf, none, ofInstance, page, roles } from './route.ts'

export const integrationUser = z.strictObject({
  id: z.uuid(),
  instanceId: z.uuid(),
  userName: z.string(),
  role: z.enum(roles),
  state: z.enum(['active', 'suspended']),
  version: z.int().positive(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})

export const integrationUserRoutes = {
  listIntegrationUsers: adminRoute({
    operationId: 'listIntegrationUsers',
    method: 'GET',
    path: '/instances/{instanceId}/integration-users',
    owner: 'identity-service',
    kind: 'query',
    role: 'viewer',
    entity: 'instance',
    parameters: ofInstance,
    query: z.strictObject({ ...page }),
    body: null,
    answer: listOf(integrationUser),
    status: 200,
    errors: [],
    requirement: '1.3',
    summary: 'The accounts on whose behalf API keys act.',
  }),
  createIntegrationUser: adminRoute({
    operationId: 'createIntegrationUser',
    method: 'POST',
    path: '/instances/{instanceId}/integration-users',
    owner: 'identity-service',
    kind: 'command',
    role: 'admin',
    entity: 'minted',
    parameters: ofInstance,
    query: none,
    body: z.strictObject({
      userName: z.string().min(1).max(256),
      role: z.enum(roles).default('lite-admin'),
    }),
    answer: integrationUser,
    status: 201,
    errors: ['user-name-taken', 'user-name-taken-elsewhere'],
    requirement: '1.3',
    summary: 'Makes an integration user: a protected native user with a role. API keys need at least Lite Admin.',
  }),
} as const
