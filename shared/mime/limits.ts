// How much of one mail is considered: every limit of the parser, why it is there, and the defect it leaves when hit.

/**
 * The limits of one mail. A mail beyond a limit is still taken in: what lies beyond is left out of the parsed mail,
 * a defect says so, and the raw stays complete.
 */
export const limits = {
  /** Bytes of one header block. Real ones stay below 64 kB, lists of recipients aside. Defect `header_too_large`. */
  headerBytes: 256 * 1024,
  /** Characters of one header field that are decoded; what lies beyond is left out silently. */
  fieldCharacters: 64 * 1024,
  /** Addresses of From, To, Cc or Reply-To, each. Defect `too_many_addresses`. */
  addresses: 500,
  /** Identifiers of References: the first (the root) and the last ones are kept. Defect `too_many_references`. */
  references: 100,
  /** RFC 5322 2.1.1 allows lines of 998 characters; longer subjects are cut. Defect `subject_too_long`. */
  subjectCharacters: 998,
  /** Parts of any kind, multiparts included. Content of later parts is not looked at. Defect `too_many_parts`. */
  parts: 1000,
  /** Multiparts inside each other. A deeper one becomes an attachment as it stands. Defect `nested_too_deep`. */
  depth: 50,
  /** Attachments listed. Defect `too_many_attachments`. */
  attachments: 500,
  /** Bytes of the text parts together, in their transfer encoding. Defect `text_too_long`. */
  textBytes: 8 * 1024 * 1024,
  /** Characters of the text. Defect `text_too_long`. */
  textCharacters: 1_000_000,
  /** Characters of the HTML that is sanitised. Defect `html_too_long`. */
  htmlCharacters: 1_000_000,
  /**
   * Elements inside each other in the HTML. Browsers flatten below 512; recursive converters overflow at about
   * 2,000. HTML nested deeper is dropped and only its words are kept. Defect `html_nested_too_deep`.
   */
  htmlDepth: 1000,
  /**
   * Quotes and lists inside each other that mark or indent the lines of a text made from HTML: each does so to all lines
   * inside of it. Those inside of so many are blocks like others; their words stay.
   */
  textIndents: 20,
  /** Characters of a `data:` image that stays in the HTML. Larger ones lose their source silently. */
  dataImageCharacters: 64 * 1024,
  /** Bytes of a report, or of the mail that it returns, that are read. */
  reportBytes: 256 * 1024,
  /** Reports and returned mails that are read, of all that one mail has. */
  reports: 8,
  /** Bytes of a winmail.dat or a signed mail that is opened. A larger one stays as it is. Defects `tnef_unread`, `smime_unread`. */
  containerBytes: 64 * 1024 * 1024,
  /** What is opened of one mail, and how deep it may stand inside each other. Defects as above. */
  containers: 20,
  containerDepth: 5,
  /** Bytes of the RTF of a winmail.dat, unpacked. Defect `tnef_unread`. */
  rtfBytes: 8 * 1024 * 1024,
  /** Recipients listed in a bounce. */
  failedRecipients: 100,
  /** Addresses that a mail was delivered to. */
  deliveredTo: 20,
  /** Characters of an attachment's name, extension included. */
  nameCharacters: 150,
} as const;
