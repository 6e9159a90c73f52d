/** The page that explains. */
export const about = {
  title: "About",
  description: "How a drawn digit is read in your browser, and why nothing of it leaves your device.",
  heading: "How ink becomes a digit",
  lead: "You draw; the page turns the strokes into a very small picture; a neural network says which digit it takes the picture for, and how sure it is. All of it happens in this browser.",
  figures: {
    hand: {
      label: "A five, drawn with a pen in two strokes",
      figure: "Fig. 1",
      caption: "Ink, as it was drawn.",
    },
    pixels: {
      label: "The same five as 28 by 28 squares, darker where there is more ink",
      figure: "Fig. 2",
      caption: "The same ink, as the network sees it.",
    },
  },
  sections: [
    {
      heading: "From strokes to a picture",
      text: "The network learned chiefly from MNIST, tens of thousands of digits that people wrote on forms in the 1990s. Every one of them was made ready in the same way, and your drawing is too: it is drawn afresh with a pen as thick as theirs, scaled until its longer side is 20 pixels, and laid on a sheet of 28 × 28 so that its centre of mass falls on the middle. That is why neither the place nor the size of your drawing matters. A photograph takes one step more: its ink is told from its paper first, whatever the light.",
    },
    {
      heading: "From a picture to ten numbers",
      text: "The network is a convolutional one. Its first layers look for edges and bends in small patches; the next ones combine them into loops, hooks and crossings; the last weighs all of that and gives each of the ten digits a score.",
    },
    {
      heading: "How sure it is",
      text: "Scores become percentages that add up to 100. They are calibrated: measured on digits set aside from training and adjusted so that, of all answers given with 90%, about nine in ten are right. What resembles no digit enough, a horse for example, is meant to be called that instead of being forced into one of the ten; the model page says how often that succeeds.",
    },
    {
      heading: "Several digits",
      text: "Strokes that stand one above the other belong to one digit, like the bar of a five; those that stand apart belong to two. Where that leaves a doubt, the network reads both divisions, and the one that it is surer of stands.",
    },
    {
      heading: "Which network runs",
      text: "A site may be told to fetch the latest published network; otherwise, or when that one cannot be reached, the one that came with the page runs. Either way every file is checked against its SHA-256 fingerprint first, and what does not match is not run. The line below the drawing says which one it is.",
    },
    {
      heading: "Without a connection",
      text: "Once it was open, the page opens again without the internet, and can be installed like an app. When there is a new version of it, it says so, and changes over when you want it to. A newer network is announced in the same way.",
    },
    {
      heading: "Privacy",
      text: "Nothing that you draw leaves this device. There are no cookies, no analytics, no fonts or scripts from elsewhere: the page asks only the server that it came from, and the storage that holds the published network. The ink stays in its tab, through a reload too, and goes when you close it. The mistakes that you tell it of stay in this browser until you delete them; a link that you share holds its drawing behind the #, a part that browsers send to no server.",
    },
  ],
  link: "Draw a digit",
  fine: "Set in EB Garamond, by Georg Duffner and Octavio Pardo, after Claude Garamont.",
} as const;
