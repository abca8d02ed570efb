/* Templates are built node by node ("tree"): the page's Trusted Types policy allows no HTML text. */
export default {
  compilerOptions: { runes: true, fragments: 'tree' },
};
