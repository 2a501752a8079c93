import type { Person, Place } from './directory.ts'
import type { JsonObject } from './scim-client.ts'

/** What most identity providers send of a person in much the same words; each adds its own. What is empty is left out. */
export function commonUser(person: Person): JsonObject {
  const { givenName, surname } = person
  return {
    externalId: person.objectId,
    userName: person.userName,
    active: person.enabled,
    displayName: `${givenName} ${surname}`,
    name: { givenName, familyName: surname, formatted: `${givenName} ${surname}` },
    title: person.jobTitle,
    emails: [
      { type: 'work', value: person.workMail, primary: true },
      ...(person.otherMail === undefined ? [] : [{ type: 'home', value: person.otherMail }]),
    ],
    phoneNumbers: [
      { type: 'work', value: person.telephone, primary: true },
      { type: 'mobile', value: person.mobile },
    ],
    addresses: [
      { ...address('work', person.office), primary: true },
      ...(person.home === undefined ? [] : [address('home', person.home)]),
    ],
  }
}

function address(type: string, { street, city, region, postalCode, country }: Place): JsonObject {
  return {
    type,
    streetAddress: street,
    locality: city,
    ...(region === '' ? {} : { region }),
    postalCode,
    country,
    formatted: [street, `${postalCode} ${city}`, country].join('\n'),
  }
}
