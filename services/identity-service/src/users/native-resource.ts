import type { Fields } from '@user-provisioning/contracts/images'
import type { JsonObject } from '@user-provisioning/scim/json'

/** The SCIM resource of a native user: the default mapping rows read backwards. */
export function nativeResource(userName: string, fields: Fields, active = true): JsonObject {
  const { displayName, email, firstName, lastName, officePhone, mobilePhone, scimSyncJobTitle } = fields
  const name: JsonObject = {
    ...(lastName ? { familyName: lastName } : {}),
    ...(firstName ? { givenName: firstName } : {}),
  }
  const phoneNumbers: JsonObject[] = [
    ...(officePhone ? [{ type: 'work', value: officePhone }] : []),
    ...(mobilePhone ? [{ type: 'mobile', value: mobilePhone }] : []),
  ]
  return {
    userName,
    active,
    ...(displayName ? { displayName } : {}),
    ...(Object.keys(name).length > 0 ? { name } : {}),
    ...(scimSyncJobTitle ? { title: scimSyncJobTitle } : {}),
    ...(email ? { emails: [{ type: 'work', value: email, primary: true }] } : {}),
    ...(phoneNumbers.length > 0 ? { phoneNumbers } : {}),
  }
}
