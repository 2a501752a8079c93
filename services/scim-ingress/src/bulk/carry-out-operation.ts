import type { Snapshot } from '@user-provisioning/contracts/reply'
import { bodyTooLarge } from '@user-provisioning/http/body'
import { type BulkAction, type BulkOperation, readBulkAction } from '@user-provisioning/scim/bulk-request'
import { entityTags } from '@user-provisioning/scim/etag'
import type { ProvisionedType } from '../connector/provisioned-type.ts'
import { aimAt, type ResourceOperations, type ScimRequest } from '../connector/resource-operations.ts'

/** Users or groups, and what can be done to them. */
export interface ServedType {
  readonly provisioned: ProvisionedType
  readonly operations: ResourceOperations
}

/**
 * Reads an operation by the rules and limits of the request that it would be by itself.
 * @throws ScimError what it is refused with; Fault body-too-large
 */
export function readOperation(operation: BulkOperation, served: readonly ServedType[]): BulkAction {
  const action = readBulkAction(operation)
  const { bodyLimitBytes } = servedType(action, served).provisioned
  if (Buffer.byteLength(JSON.stringify(operation.data)) > bodyLimitBytes) throw bodyTooLarge(bodyLimitBytes)
  return action
}

export interface CarriedOut {
  readonly status: number
  /** What is there now; null: it is gone. */
  readonly resource: Snapshot | null
}

/**
 * Does what one operation of a bulk asks for, on the version that it names.
 * @throws Fault what it is refused with
 */
export async function carryOutOperation(
  request: ScimRequest,
  action: BulkAction,
  served: readonly ServedType[],
): Promise<CarriedOut> {
  const { provisioned, operations } = servedType(action, served)
  const { type } = provisioned
  if (action.method === 'POST') return { status: 201, resource: await operations.create(request, action.given) }
  const { target, version } = action
  const preconditions = version === null ? {} : { ifMatch: entityTags(version) }
  aimAt(request, type, target)
  switch (action.method) {
    case 'PUT':
      return { status: 200, resource: await operations.replace(request, target, action.given, preconditions) }
    case 'PATCH': {
      const status = provisioned.patchAnswersResource ? 200 : 204
      return { status, resource: await operations.patch(request, target, action.given, preconditions) }
    }
    case 'DELETE':
      await operations.remove(request, target, preconditions)
      return { status: 204, resource: null }
  }
}

function servedType({ type }: BulkAction, served: readonly ServedType[]): ServedType {
  const found = served.find(({ provisioned }) => provisioned.type === type)
  if (found === undefined) throw new Error(`${type.name} is read in a bulk and not served`)
  return found
}
