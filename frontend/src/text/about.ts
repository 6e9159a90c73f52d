/** The About page. */
export const about = {
  title: "About",
  description: "How a drawn digit is read in your browser, and why nothing of it leaves your device.",
  heading: "How ink becomes a digit",
  lead: "You draw; the page turns your strokes into a tiny picture; a neural network says which digit it sees in it, and how sure it is. All of this happens in your browser.",
  figures: {
    ink: {
      label: "A five, drawn with a pen in two strokes",
      figure: "Fig. 1",
      caption: "The ink, as it was drawn.",
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
      text: "The network learned mostly from MNIST: tens of thousands of digits that people wrote on forms in the 1990s. Each of them was prepared in the same way, and so is your drawing: it is redrawn with a pen as thick as theirs, scaled until its longer side is 20 pixels, and placed on a grid of 28 × 28 with its centre of mass in the middle. That is why it does not matter where or how large you draw. A photograph takes one more step: its ink is first separated from its paper, whatever the light.",
    },
    {
      heading: "From a picture to ten numbers",
      text: "This is a convolutional network. Its first layers look for edges and bends in small patches; the next ones combine them into loops, hooks and crossings; the last weighs them all and gives each of the ten digits a score.",
    },
    {
      heading: "How sure it is",
      text: "The scores become percentages that add up to 100. They are calibrated: adjusted, on digits set aside from training, so that of all answers given at 90%, about nine in ten are right. A drawing that looks like no digit, a horse for example, should be called just that instead of being forced into one of the ten; the Model page says how often this works.",
    },
    {
      heading: "Several digits",
      text: "Strokes above one another belong to one digit, like the bar of a five; strokes side by side with a gap belong to two. Where that leaves a doubt, the network reads it both ways, and the reading it is surer of wins.",
    },
    {
      heading: "Which network runs",
      text: "A site can be set up to fetch the latest published network. If it is not, or that network cannot be reached, the one kept from an earlier visit or the one that came with the page runs. Either way, every file is first checked against its SHA-256 fingerprint, and one that does not match never runs. The line below the drawing says which network is running.",
    },
    {
      heading: "Without a connection",
      text: "Once you have opened it, the page opens again without the internet, and it can be installed like an app. When there is a new version, the page tells you, and switches when you say so. A newer network is announced in the same way.",
    },
    {
      heading: "Privacy",
      text: "Nothing you draw leaves this device. There are no cookies, no analytics, and no fonts or scripts from elsewhere: the page talks only to the server it came from and to the storage that holds the published network. What is on the paper stays in its tab, even through a reload, and goes when you close the tab. Drawings that you name under “It was a …” stay in this browser until you delete them. A link that you share carries its drawing after the #, a part that browsers never send to a server.",
    },
  ],
  link: "Draw a digit",
  fine: "Set in EB Garamond, by Georg Duffner and Octavio Pardo, after Claude Garamont.",
} as const;
