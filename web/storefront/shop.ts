// On every page: what the page for everybody cannot know of this visitor, and suggestions while typing.
import { markVisitor } from './shared/visitor';
import { suggestWhileTyping } from './shared/suggestions';

markVisitor();
const field = document.querySelector<HTMLInputElement>('#search-field');
if (field) suggestWhileTyping(field);
