import { groupBodyBytes } from '@user-provisioning/http/body'
import { groupType } from '@user-provisioning/scim/schema'
import type { ProvisionedType } from '../connector/provisioned-type.ts'

/** `/Groups` */
export const groups: ProvisionedType = {
  type: groupType,
  matchingAttribute: 'displayName',
  apart: 'members',
  bodyLimitBytes: groupBodyBytes,
  patchAnswersResource: false,
  provision: (groupId, scim) => ({ type: 'ProvisionGroup', groupId, scim }),
  replace: (groupId, scim, ifMatch) => ({ type: 'ReplaceGroup', groupId, scim, ...(ifMatch && { ifMatch }) }),
  patch: (groupId, operations, ifMatch) => ({
    type: 'PatchGroup',
    groupId,
    operations: [...operations],
    ...(ifMatch && { ifMatch }),
  }),
  remove: (groupId, ifMatch) => ({ type: 'DeleteGroup', groupId, ...(ifMatch && { ifMatch }) }),
  pickUp: (groupId) => ({ type: 'PickUpGroup', groupId }),
  read: (groupId, withMembers) => ({ type: 'ReadScimGroup', groupId, withMembers }),
  find: (page, withMembers) => ({ type: 'FindGroups', ...page, withMembers }),
}
