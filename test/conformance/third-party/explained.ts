/** A failure of somebody else's suite that stays, and why. */
export interface Explained {
  readonly suite: string
  /** Matches the check, ` - `, and its reason. */
  readonly finding: RegExp
  /** What it asks, as a sentence for docs/conformance.md. */
  readonly asks: string
  /** The RFC's section that says otherwise, and how. */
  readonly why: string
}

export const explained: readonly Explained[] = [
  {
    suite: 'scim-sanity',
    finding: /PATCH \/Groups\/\{id\}.* - Expected (?:HTTP )?200, got 204/,
    asks: 'a PATCH of a group is answered 200 with a body',
    why:
      'RFC 7644 section 3.5.2: the server "either MUST return a 200 OK response code and the entire resource within the ' +
      'response body [...] or MAY return HTTP status code 204 (No Content)". A group has up to 100,000 members: a PATCH that ' +
      'adds one is answered 204, as Entra ID expects; `attributes` in the query asks for 200.',
  },
  {
    suite: 'scim2-tester',
    finding: /^check_(?:add|replace)_attribute - Attribute 'members'/,
    asks: 'a group returns members with ids that the suite made up',
    why:
      'RFC 7643 section 4.2 and 8.7.1: the value of a member is the "Identifier of the member of this Group", a resource. ' +
      'Nobody has those ids; the request is accepted, and a member that does not exist is not returned.',
  },
  {
    suite: 'scim2-tester',
    finding: /^check_remove_attribute - .*'active'/,
    asks: '`active` can be removed by PATCH',
    why:
      'RFC 7644 section 3.5.2.2: what must have a value is not removed, the answer is `mutability`. Here `active` always has one: ' +
      'who removes it does not say whether the user may sign in, and the server does not guess.',
  },
]
