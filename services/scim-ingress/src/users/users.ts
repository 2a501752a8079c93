import { userBodyBytes } from '@user-provisioning/http/body'
import { userType } from '@user-provisioning/scim/schema'
import type { ProvisionedType } from '../connector/provisioned-type.ts'

/** `/Users` */
export const users: ProvisionedType = {
  type: userType,
  matchingAttribute: 'userName',
  apart: 'groups',
  bodyLimitBytes: userBodyBytes,
  patchAnswersResource: true,
  provision: (userId, scim) => ({ type: 'ProvisionUser', userId, scim }),
  replace: (userId, scim, preconditions) => ({ type: 'ReplaceUser', userId, scim, ...preconditions }),
  patch: (userId, operations, preconditions) => ({
    type: 'PatchUser',
    userId,
    operations: [...operations],
    ...preconditions,
  }),
  remove: (userId, preconditions) => ({ type: 'DeleteUser', userId, ...preconditions }),
  pickUp: (userId) => ({ type: 'PickUpUser', userId }),
  read: (userId, withGroups) => ({ type: 'ReadScimUser', userId, withGroups }),
  find: (page, withGroups) => ({ type: 'FindUsers', ...page, withGroups }),
}
