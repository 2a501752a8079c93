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
  replace: (groupId, scim, preconditions) => ({ type: 'ReplaceGroup', groupId, scim, ...preconditions }),
  patch: (groupId, operations, preconditions) => ({
    type: 'PatchGroup',
    groupId,
    operations: [...operations],
    ...preconditions,
  }),
  remove: (groupId, preconditions) => ({ type: 'DeleteGroup', groupId, ...preconditions }),
  pickUp: (groupId) => ({ type: 'PickUpGroup', groupId }),
  read: (groupId, withMembers) => ({ type: 'ReadScimGroup', groupId, withMembers }),
  find: (page, withMembers) => ({ type: 'FindGroups', ...page, withMembers }),
}
