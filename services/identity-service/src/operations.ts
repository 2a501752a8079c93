import { bootstrapAccess } from './access-tokens/bootstrap-access.ts'
import { issueApiKey } from './api-keys/issue-api-key.ts'
import { revokeApiKey } from './api-keys/revoke-api-key.ts'
import type { CommandOf, CommandType, Operation } from './commands/command.ts'
import { changeCustomField } from './fields/change-custom-field.ts'
import { createCustomField } from './fields/create-custom-field.ts'
import { deleteCustomField } from './fields/delete-custom-field.ts'
import { changeGroup } from './groups/change-group.ts'
import { createGroup } from './groups/create-group.ts'
import { deleteGroup } from './groups/delete-group.ts'
import { deleteNativeGroup } from './groups/delete-native-group.ts'
import { patchGroup } from './groups/patch-group.ts'
import { pickUpGroup } from './groups/pick-up-group.ts'
import { provisionGroup } from './groups/provision-group.ts'
import { replaceGroup } from './groups/replace-group.ts'
import { rearmGuard } from './guard/rearm-guard.ts'
import { rejectGuard } from './guard/reject-guard.ts'
import { releaseHeld } from './guard/release-held.ts'
import { createInstance } from './instances/create-instance.ts'
import { createIntegrationUser } from './integration-users/create-integration-user.ts'
import { addMember, removeMember } from './memberships/change-member.ts'
import { undoGroupPickUp } from './pick-ups/undo-group-pick-up.ts'
import { undoUserPickUp } from './pick-ups/undo-user-pick-up.ts'
import { saveSettings } from './settings/save-settings.ts'
import { registerSigningKey } from './signing-keys/register-signing-key.ts'
import { changeNativeUser } from './users/change-native-user.ts'
import { changeUser } from './users/change-user.ts'
import { createUser } from './users/create-user.ts'
import { deleteNativeUser } from './users/delete-native-user.ts'
import { deleteUser } from './users/delete-user.ts'
import { patchUser } from './users/patch-user.ts'
import { pickUpUser } from './users/pick-up-user.ts'
import { proposeFields } from './users/propose-fields.ts'
import { proposeLinks } from './users/propose-links.ts'
import { provisionUser } from './users/provision-user.ts'
import { reactivateUser } from './users/reactivate-user.ts'
import { replaceUser } from './users/replace-user.ts'
import { suspendUser } from './users/suspend-user.ts'

/** Everything that changes something, by the type of the message that asks for it. */
export const operations: { readonly [Type in CommandType]: Operation<CommandOf<Type>> } = {
  ProvisionUser: provisionUser,
  ReplaceUser: replaceUser,
  PatchUser: patchUser,
  DeleteUser: deleteUser,
  PickUpUser: pickUpUser,
  ProvisionGroup: provisionGroup,
  ReplaceGroup: replaceGroup,
  PatchGroup: patchGroup,
  DeleteGroup: deleteGroup,
  PickUpGroup: pickUpGroup,
  ProposeFields: proposeFields,
  ProposeLinks: proposeLinks,
  RegisterSigningKey: registerSigningKey,
  CreateInstance: createInstance,
  SaveSettings: saveSettings,
  CreateIntegrationUser: createIntegrationUser,
  IssueApiKey: issueApiKey,
  RevokeApiKey: revokeApiKey,
  CreateUser: createUser,
  ChangeUser: changeUser,
  SuspendUser: suspendUser,
  ReactivateUser: reactivateUser,
  DeleteNativeUser: deleteNativeUser,
  UndoUserPickUp: undoUserPickUp,
  UndoGroupPickUp: undoGroupPickUp,
  CreateGroup: createGroup,
  ChangeGroup: changeGroup,
  DeleteNativeGroup: deleteNativeGroup,
  AddMember: addMember,
  RemoveMember: removeMember,
  RejectGuard: rejectGuard,
  ReleaseHeld: releaseHeld,
  RearmGuard: rearmGuard,
  CreateCustomField: createCustomField,
  ChangeCustomField: changeCustomField,
  DeleteCustomField: deleteCustomField,
  ChangeNativeUser: changeNativeUser,
  BootstrapAccess: bootstrapAccess,
}
