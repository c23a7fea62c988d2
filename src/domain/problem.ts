/** Something that the caller can fix about a request. Nothing of the request was carried out. */
export interface Problem<Code extends string = string> {
  /** Where in the request, from the outside to the inside: `["mappings", "3", "companyId"]`. */
  field: string[];
  /** Stable, for programs. */
  code: Code;
  /** For people: what is wrong and what to do. */
  message: string;
}
