import { Fault } from '@user-provisioning/contracts/errors'
import {
  resourceTypeByName,
  resourceTypeList,
  type ServiceLimits,
  schemaById,
  schemaList,
  serviceProviderConfig,
} from '@user-provisioning/scim/discovery'
import type { JsonObject } from '@user-provisioning/scim/json'
import { bulkLimits } from '../bulk/bulk-handler.ts'
import { cursorTimeoutSeconds } from '../connector/list-cursor.ts'
import { maxPage } from '../connector/list-query.ts'
import { readParameters } from '../connector/query-parameters.ts'
import type { ScimContext, ScimHandler } from '../connector/scim-state.ts'

/** What is served now; ServiceProviderConfig must not promise more. */
const limits: ServiceLimits = {
  maxResults: maxPage,
  defaultPageSize: maxPage,
  bulk: bulkLimits,
  cursorTimeoutSeconds,
  sort: true,
}

/** RFC 7644 section 4: these endpoints cannot be filtered. */
function refuseFilter(ctx: ScimContext): void {
  if (readParameters(ctx.querystring, ['filter']).filter !== undefined) throw new Fault('filter-not-here')
}

function answering(body: (tenantUrl: string, id: string) => JsonObject | undefined, noun: string): ScimHandler {
  return (ctx, id) => {
    refuseFilter(ctx)
    const found = body(ctx.state.tenantUrl, id)
    if (!found) throw new Fault('not-found', { type: noun })
    ctx.body = found
  }
}

export const discoveryHandlers = {
  serviceProviderConfig: answering((tenantUrl) => serviceProviderConfig(tenantUrl, limits), 'configuration'),
  schemas: answering(schemaList, 'schema'),
  schema: answering((tenantUrl, id) => schemaById(id, tenantUrl), 'schema'),
  resourceTypes: answering(resourceTypeList, 'resource type'),
  resourceType: answering((tenantUrl, name) => resourceTypeByName(name, tenantUrl), 'resource type'),
} as const

/** `/Me` (RFC 7644 section 3.11): an API key is nobody's. */
export function refuseMe(): never {
  throw new Fault('me-not-implemented')
}
