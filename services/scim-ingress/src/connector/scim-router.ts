import type { CursorSigner } from '@user-provisioning/auth/cursor'
import { createRouter } from '@user-provisioning/http/app'
import { type BulkOptions, bulkHandler } from '../bulk/bulk-handler.ts'
import { discoveryHandlers as discovery, refuseMe } from '../discovery/discovery-handlers.ts'
import { groups } from '../groups/groups.ts'
import { users } from '../users/users.ts'
import type { Credentials } from './authentication.ts'
import type { Identity } from './identity.ts'
import { type Listing, listHandlers } from './list-handlers.ts'
import { pageOf } from './list-query.ts'
import type { ProvisionedType } from './provisioned-type.ts'
import { resourceHandlers } from './resource-handlers.ts'
import { aimAt, resourceOperations } from './resource-operations.ts'
import type { ScimHandler, ScimMiddleware, ScimState } from './scim-state.ts'

export interface RouterOptions extends Omit<BulkOptions, 'served'> {
  readonly identity: Identity
  readonly cursors: CursorSigner
  readonly instance: Credentials['instance']
}

/** The endpoints of RFC 7644 section 3.2 that are served below a Tenant URL. HEAD is answered like GET. */
export function scimRouter({ identity, cursors, instance, ...options }: RouterOptions) {
  const router = createRouter<ScimState>()

  router.get('/ServiceProviderConfig', answer(discovery.serviceProviderConfig))
  router.get('/ResourceTypes', answer(discovery.resourceTypes))
  router.get('/ResourceTypes/:id', answer(discovery.resourceType))
  router.get('/Schemas', answer(discovery.schemas))
  router.get('/Schemas/:id', answer(discovery.schema))
  router.all('/Me', refuseMe)

  const listings: readonly Listing[] = [usersAndGroups, ...[users, groups].map(listingOf)]
  for (const listing of listings) {
    const { list, search } = listHandlers(listing, identity, cursors, instance)
    router.get(listing.endpoint, answer(list))
    router.post(`${listing.endpoint.replace(/\/$/, '')}/${searchPath}`, answer(search))
  }

  const served = [users, groups].map((provisioned) => ({
    provisioned,
    operations: resourceOperations(provisioned, identity),
  }))
  router.post('/Bulk', answer(bulkHandler({ served, ...options })))

  for (const { provisioned, operations } of served) {
    const handlers = resourceHandlers(provisioned, operations, identity)
    const collection = provisioned.type.endpoint
    router.post(collection, answer(handlers.create))

    const one = (handler: ScimHandler) => answerOne(provisioned, handler)
    router.get(`${collection}/:id`, one(handlers.read))
    router.put(`${collection}/:id`, one(handlers.replace))
    router.patch(`${collection}/:id`, one(handlers.patch))
    router.delete(`${collection}/:id`, one(handlers.remove))
  }
  return router
}

const searchPath = '.search'

/** Both types in one list: the server root (RFC 7644 section 3.4.2.1). Some clients call it bare to test the connection. */
const usersAndGroups: Listing = {
  endpoint: '/',
  provisioned: [users, groups],
  find: (list, [withGroups = false, withMembers = false]) => ({
    type: 'FindResources',
    ...pageOf(list),
    withGroups,
    withMembers,
  }),
}

function listingOf(provisioned: ProvisionedType): Listing {
  const find: Listing['find'] = (list, [withApart = false]) => provisioned.find(pageOf(list), withApart)
  return { endpoint: provisioned.type.endpoint, provisioned: [provisioned], find }
}

function answer(handler: ScimHandler): ScimMiddleware {
  return async (ctx) => handler(ctx, idIn(ctx.params))
}

function answerOne({ type }: ProvisionedType, handler: ScimHandler): ScimMiddleware {
  return async (ctx, next) => {
    const id = idIn(ctx.params)
    // An address of its own, whatever the method.
    if (id === searchPath) return next()
    aimAt(ctx.state, type, id)
    return handler(ctx, id)
  }
}

function idIn(parameters: unknown): string {
  return (parameters as Record<string, string> | undefined)?.id ?? ''
}
