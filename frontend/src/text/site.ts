/** Text of every page, of the error page and of the 404 page. */
export const site = {
  name: "Ink to Digit",
  description: "Draw a digit, and a small neural network recognizes it on your device.",
  skip: "Skip to content",
  navigation: "Site",
  /** In the order of the navigation. */
  pages: [
    { href: "/", name: "Draw" },
    { href: "/model", name: "Model" },
    { href: "/mistakes", name: "Mistakes" },
    { href: "/about", name: "About" },
  ],
  update: {
    text: "A new version of this page is available.",
    accept: "Reload",
    reloading: "Reloading…",
  },
  error: {
    heading: "Something went wrong",
    text: "This page could not be displayed. Your drawing is safe.",
    retry: "Try again",
  },
  notFound: {
    title: "Not found",
    heading: "Page not found",
    text: "This address does not exist.",
    link: "Draw a digit",
    afterLink: "instead.",
  },
} as const;
