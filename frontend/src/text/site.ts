/** Text of every page, of the error page and of the 404 page. */
export const site = {
  name: "Ink to Digit",
  description: "Draw a digit and watch a small neural network read it, on your own device.",
  skip: "Skip to the content",
  navigation: "Site",
  /** In the order of the navigation. */
  pages: [
    { href: "/", name: "Draw" },
    { href: "/model", name: "Model" },
    { href: "/mistakes", name: "Mistakes" },
    { href: "/about", name: "About" },
  ],
  update: {
    text: "There is a new version of this page.",
    accept: "Reload",
    reloading: "Reloading…",
  },
  error: {
    heading: "A blot",
    text: "Something on this page broke. Your ink is kept.",
    retry: "Try again",
  },
  notFound: {
    title: "Not found",
    heading: "A blank sheet",
    text: "There is no page at this address.",
    link: "Draw a digit",
    afterLink: "instead.",
  },
} as const;
