import { createRouter } from '@user-provisioning/http/app'
import { type BulkOptions, bulkHandler } from '../bulk/bulk-handler.ts'
import { discoveryHandlers as discovery, refuseMe } from '../discovery/discovery-handlers.ts'
import { groups } from '../groups/groups.ts'
import { users } from '../users/users.ts'
import type { Identity } from './identity.ts'
import type { ProvisionedType } from './provisioned-type.ts'
import { resourceHandlers } from './resource-handlers.ts'
import { aimAt, resourceOperations } from './resource-operations.ts'
import type { ScimHandler, ScimMiddleware, ScimState } from './scim-state.ts'

/** The endpoints of RFC 7644 section 3.2 that are served below a Tenant URL. HEAD is answered like GET. */
export function scimRouter({ identity, ...options }: { identity: Identity } & Omit<BulkOptions, 'served'>) {
  const router = createRouter<ScimState>()

  router.get('/', answer(discovery.resourceTypes))
  router.get('/ServiceProviderConfig', answer(discovery.serviceProviderConfig))
  router.get('/ResourceTypes', answer(discovery.resourceTypes))
  router.get('/ResourceTypes/:id', answer(discovery.resourceType))
  router.get('/Schemas', answer(discovery.schemas))
  router.get('/Schemas/:id', answer(discovery.schema))
  router.all('/Me', refuseMe)

  const served = [users, groups].map((provisioned) => ({
    provisioned,
    operations: resourceOperations(provisioned, identity),
  }))
  router.post('/Bulk', answer(bulkHandler({ served, ...options })))

  for (const { provisioned, operations } of served) {
    const handlers = resourceHandlers(provisioned, operations, identity)
    const collection = provisioned.type.endpoint
    router.post(collection, answer(handlers.create))
    router.get(collection, answer(handlers.list))

    const one = (handler: ScimHandler) => answerOne(provisioned, handler)
    router.get(`${collection}/:id`, one(handlers.read))
    router.put(`${collection}/:id`, one(handlers.replace))
    router.patch(`${collection}/:id`, one(handlers.patch))
    router.delete(`${collection}/:id`, one(handlers.remove))
  }
  return router
}

function answer(handler: ScimHandler): ScimMiddleware {
  return async (ctx) => handler(ctx, idIn(ctx.params))
}

function answerOne({ type }: ProvisionedType, handler: ScimHandler): ScimMiddleware {
  return async (ctx) => {
    const id = idIn(ctx.params)
    aimAt(ctx.state, type, id)
    return handler(ctx, id)
  }
}

function idIn(parameters: unknown): string {
  return (parameters as Record<string, string> | undefined)?.id ?? ''
}
