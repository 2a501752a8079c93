import type { OperationId } from '@user-provisioning/contracts/admin/routes'
import { type AdminRequest, messageType } from '@user-provisioning/contracts/admin-requests'
import { Fault } from '@user-provisioning/contracts/errors'
import { changeObjectType } from './object-types/change-object-type.ts'
import { createObjectType } from './object-types/create-object-type.ts'
import { deleteObjectType } from './object-types/delete-object-type.ts'
import { changeObject } from './objects/change-object.ts'
import { createObject } from './objects/create-object.ts'
import { deleteObject } from './objects/delete-object.ts'
import { mergeObjects } from './objects/merge-objects.ts'
import type { Operation } from './operation.ts'
import { createRule } from './rules/create-rule.ts'
import { deleteRule } from './rules/delete-rule.ts'
import { pauseRule, resumeRule } from './rules/pause-rule.ts'
import { replaceRule } from './rules/replace-rule.ts'
import { restoreRulesVersion } from './rules/restore-rules-version.ts'

/** Everything that an admin can change here, by the operation of its route. */
export const operations = {
  createObject,
  changeObject,
  deleteObject,
  mergeObjects,
  createObjectType,
  changeObjectType,
  deleteObjectType,
  createWorkflowRule: createRule,
  replaceWorkflowRule: replaceRule,
  deleteWorkflowRule: deleteRule,
  pauseWorkflowRule: pauseRule,
  resumeWorkflowRule: resumeRule,
  restoreRulesVersion,
} satisfies { readonly [Id in OperationId]?: Operation<Id> }

const byType = new Map<string, Operation<OperationId>>(
  Object.entries(operations).map(([id, each]) => [messageType(id as OperationId), each as Operation<OperationId>]),
)

/** @throws Fault internal-error for a request that changes nothing here */
export function operationOf({ type }: AdminRequest): Operation<OperationId> {
  const found = byType.get(type)
  if (found === undefined) throw new Fault('internal-error', {}, { internal: `no operation ${type}` })
  return found
}
